const requestId = Symbol.for("_AWS_LAMBDA_REQUEST_ID");
const traceId = Symbol.for("_AWS_LAMBDA_X_RAY_TRACE_ID");
const tenantId = Symbol.for("_AWS_LAMBDA_TENANT_ID");

/**
 * What libraries ask about the running invocation without being handed the context: `awslambda.InvokeStore`, whose shape the
 * package @aws/lambda-invoke-store defines. It keeps the last invocation until the next one begins.
 */
export class InvokeStore {
  /** @type {import("./channel.mjs").InvocationHeader | undefined} of an invocation whose context nobody has asked for */
  #header;
  #context;

  /** @param {import("./channel.mjs").InvocationHeader} header */
  begin(header) {
    this.#header = header;
  }

  getContext() {
    const header = this.#header;
    if (header === undefined) return this.#context;
    this.#header = undefined;
    return (this.#context = { [requestId]: header.requestId, [traceId]: header.traceId, [tenantId]: header.tenantId });
  }

  hasContext() {
    return this.getContext() !== undefined;
  }

  get(key) {
    return this.getContext()?.[key];
  }

  set(key, value) {
    if ([requestId, traceId, tenantId].includes(key)) {
      throw new Error(`Cannot modify protected Lambda context field: ${String(key)}`);
    }
    this.#context = { ...this.getContext(), [key]: value };
  }

  run(context, action) {
    this.#header = undefined;
    this.#context = context;
    return action();
  }

  getRequestId() {
    return this.get(requestId) ?? "-";
  }

  getXRayTraceId() {
    return this.get(traceId);
  }

  getTenantId() {
    return this.get(tenantId);
  }
}
