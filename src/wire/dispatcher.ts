/**
 * What a request passes after its bytes have become a typed input, and what an in-process call passes as well: authorise, validate,
 * handle. The gateway's chain ends here; `calls` begins here.
 */
import type { Eventual } from "#kit/eventual.ts";
import type { Ids } from "#kit/ids.ts";
import type { AuthorizationRequest, Authorizer } from "./auth/ports.ts";
import type { CallOptions, Calls } from "./calls.ts";
import { firstMissing, validateInput, validationMessage } from "./constraints/validate.ts";
import { AwsError } from "./errors.ts";
import type { RequestContext } from "./operation.ts";
import type { LoadedService, ServiceHost } from "./service-host.ts";

export class Dispatcher implements Calls {
  readonly #hosts = new Map<string, ServiceHost>();
  readonly #authorizer: Authorizer;
  readonly #ids: Ids;
  readonly #endpoint: () => string;

  /** `endpoint`: our own origin, for URLs in answers to in-process calls. */
  constructor(authorizer: Authorizer, ids: Ids, endpoint: () => string) {
    this.#authorizer = authorizer;
    this.#ids = ids;
    this.#endpoint = endpoint;
  }

  add(host: ServiceHost): void {
    this.#hosts.set(host.definition.name, host);
  }

  get hosts(): Iterable<ServiceHost> {
    return this.#hosts.values();
  }

  host(name: string): ServiceHost {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`no service ${name}`);
    return host;
  }

  /** May this principal do this? For what is no operation. */
  authorize(request: AuthorizationRequest): Eventual<void> {
    return this.#authorizer.authorize(request);
  }

  /** Runs one operation of a loaded service. Rejects with the service's AwsError. */
  async run(service: LoadedService, input: object, context: RequestContext): Promise<object> {
    const permission = this.#authorizer.authorize({
      principal: context.principal,
      action: `${service.definition.name}:${context.operation}`,
      accountId: context.accountId,
      region: context.region,
      input,
    });
    if (permission instanceof Promise) await permission;
    // Before validation: a client of an operation that is not served learns just that.
    const loaded = service.handler(context.operation);
    const handle = loaded instanceof Promise ? await loaded : loaded;
    const { missingMember } = service.definition.model;
    const missing = missingMember && firstMissing(service.constraints, context.operation, input);
    if (missing !== undefined) throw missingMember!(missing);
    const violations = validateInput(service.constraints, context.operation, input);
    if (violations.length > 0) {
      throw new AwsError(service.definition.model.validationErrorCode ?? "ValidationException", validationMessage(violations));
    }
    return (await handle(input, context)) ?? {};
  }

  async invoke(name: string, operation: string, input: object, { as, region, signal, traceHeader }: CallOptions): Promise<unknown> {
    const service = await this.host(name).load();
    return this.run(service, input, {
      state: service.state,
      service: name,
      operation,
      requestId: this.#ids.uuid(),
      accountId: as.accountId,
      region,
      principal: as,
      endpoint: this.#endpoint(),
      traceHeader,
      signal: signal ?? neverAborted,
    });
  }
}

const neverAborted = new AbortController().signal;
