/** The log was deleted, or all logs were closed, before the append. */
export class LogClosed extends Error {
  constructor(folder: string) {
    super(`the log ${folder} is closed`);
    this.name = "LogClosed";
  }
}
