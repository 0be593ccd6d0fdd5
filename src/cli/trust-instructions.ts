interface Client {
  name: string;
  how: string;
}

const shell = (file: string): string => (/^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`);

/** What the system itself, and with it most programs, takes certificates from. */
const systems: Partial<Record<NodeJS.Platform, (file: string) => Client[]>> = {
  linux: (file) => [
    { name: "Debian, Ubuntu", how: `sudo cp ${file} /usr/local/share/ca-certificates/pilotlight.crt && sudo update-ca-certificates` },
    { name: "Fedora, RHEL", how: `sudo trust anchor --store ${file}` },
    { name: "Chrome", how: `certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n pilotlight -i ${file}` },
  ],
  darwin: (file) => [
    { name: "macOS, Chrome, Safari", how: `security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db ${file}` },
  ],
};

/** How clients on such a machine come to trust the authority whose certificate is in `file` (an absolute path). docs/https.md has them all. */
export function instructions(file: string, platform: NodeJS.Platform): string {
  const name = shell(file);
  const clients: Client[] = [
    { name: "curl", how: `curl --cacert ${name} https://localhost:4567/_pilotlight/health` },
    { name: "AWS CLI, boto3", how: `export AWS_CA_BUNDLE=${name} AWS_ENDPOINT_URL=https://127.0.0.1:4567` },
    { name: "Node.js", how: `export NODE_EXTRA_CA_CERTS=${name}` },
    { name: "Python", how: `export REQUESTS_CA_BUNDLE=${name} SSL_CERT_FILE=${name}` },
    { name: "Go, Ruby", how: `export SSL_CERT_FILE=${name}` },
    ...(systems[platform]?.(name) ?? []),
    { name: "Firefox", how: "Settings, Certificates, Authorities, Import" },
  ];
  const width = Math.max(...clients.map((client) => client.name.length));
  return [
    `The certificate is in ${file}. It speaks for local names and private addresses only.`,
    "Clients accept it like this:",
    "",
    ...clients.map((client) => `  ${client.name.padEnd(width)}  ${client.how}`),
    "",
    "",
  ].join("\n");
}
