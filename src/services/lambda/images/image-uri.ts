/** What an image is called: where it lies, and which one of what lies there. */

export interface ImageUri {
  /** `oci`: a layout on this machine; else the host of a registry, with its port. */
  source: { kind: "layout"; folder: string } | { kind: "registry"; host: string; repository: string };
  /** Without tag and digest, as it stood in the URI. */
  name: string;
  /** A tag, or `sha256:…`. */
  reference: string;
}

const defaultTag = "latest";

/** `oci:/folder`, or `host[:port]/repository`; then `:tag`, `@sha256:…` or nothing. */
const layoutForm = /^oci:(\/[^@]*?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/;
/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
const registryForm =
  /^([a-zA-Z0-9.-]+(?::\d{1,5})?)\/([a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/;
const maxUriCharacters = 4_096;

/** Undefined for what is no image's name. */
export function parseImageUri(uri: string): ImageUri | undefined {
  if (uri.length > maxUriCharacters) return undefined;
  const layout = layoutForm.exec(uri);
  if (layout) {
    const [, folder = "", tag = defaultTag, digest] = layout;
    return { source: { kind: "layout", folder }, name: `oci:${folder}`, reference: digest ?? tag };
  }
  const [, host, repository = "", tag = defaultTag, digest] = registryForm.exec(uri) ?? [];
  if (host === undefined) return undefined;
  return { source: { kind: "registry", host, repository }, name: `${host}/${repository}`, reference: digest ?? tag };
}
