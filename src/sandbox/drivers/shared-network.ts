import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Network } from "./driver.ts";

/** The network of the machine, which is not the launch's own. */
export const sharedNetwork: Network = {
  async listen(server) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
  close() {},
};
