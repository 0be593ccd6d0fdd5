import { join } from "node:path";
import type { RubyInterpreter } from "./ruby-interpreters.ts";
import type { RuntimeStart } from "./runtime-start.ts";

/** How a function is started on this Ruby. `version`: what the function wants, as in `3.4`; its gems lie in folders named after that. */
export function rubyStart(version: string, ruby: RubyInterpreter, productFolder: string): RuntimeStart {
  const runtimeFolder = join(productFolder, "runtimes", "ruby");
  return {
    link: "frames",
    program: ruby.program,
    args: [join(runtimeFolder, "bootstrap.rb")],
    runtimeFolder,
    // https://docs.aws.amazon.com/lambda/latest/dg/ruby-package.html and packaging-layers.html; DIVERGES: the AWS SDK is not among them.
    variables: ({ task, layers }) => ({
      GEM_PATH: [`${task}/vendor/bundle/ruby/${version}.0`, `${layers}/ruby/gems/${version}.0`].join(":"),
      // The package comes first by the runtime's own doing, once that has loaded what it needs itself.
      RUBYLIB: `${layers}/ruby/lib`,
    }),
    readable: [ruby.prefix, runtimeFolder],
  };
}
