# frozen_string_literal: true

require "json"
require "stringio"
require_relative "channel"
require_relative "faults"
require_relative "lambda_context"
require_relative "lambda_handler"
require_relative "logs"

# The life of an environment: load the handler, then invoke it again and again.
module PilotlightRuntime
  # Never returns: ends with the process.
  def self.serve
    channel = Channel.new(3)
    logs = Logs.new(channel)
    logs.install
    $stdout.sync = true
    # On AWS there is the locale that LANG names; where it is not, text from files would be taken for ASCII.
    Encoding.default_external = Encoding::UTF_8
    handler = load_handler(channel, logs)
    channel.ready
    loop do
      header, payload = channel.next_invocation
      ENV["_X_AMZN_TRACE_ID"] = header["traceId"]
      logs.request_id = header["requestId"]
      invoke(handler, header, payload, channel, logs)
    end
  end

  def self.load_handler(channel, logs)
    task_root = ENV.fetch("LAMBDA_TASK_ROOT")
    $LOAD_PATH.unshift(task_root) unless $LOAD_PATH.include?(task_root)
    LambdaHandler.new(ENV.fetch("_HANDLER")).tap(&:load_file)
  rescue Exception => error # whatever the customer's code does while it is loaded
    payload = Faults.payload(error, "Init")
    logs.error("Init error when loading handler #{ENV.fetch("_HANDLER")}", payload)
    channel.fail_initialisation(payload)
    exit!(1)
  end

  def self.invoke(handler, header, payload, channel, logs)
    answer = encode(handler.call_handler(event: JSON.parse(payload), context: LambdaContext.new(header)))
    channel.respond(answer)
  rescue Exception => error # SystemExit, too: on AWS a function cannot end its runtime quietly
    failure = Faults.payload(error, "Function")
    is_critical = Faults.critical?(error)
    logs.error(is_critical ? "Critical exception from handler" : "Error raised from handler method", failure)
    return channel.respond_with_error(failure) unless is_critical

    # AWS's runtime trusts itself no longer, and begins anew with the next invocation.
    channel.respond_with_last_error(failure)
    exit!(255)
  end

  # What can be read is the answer itself; everything else becomes JSON.
  def self.encode(result)
    case result
    when StringIO, IO then result.read
    else result.to_json
    end
  end

  private_class_method :load_handler, :invoke, :encode
end
