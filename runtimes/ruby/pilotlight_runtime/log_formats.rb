# frozen_string_literal: true

require "json"
require "logger"
require_relative "faults"

module PilotlightRuntime
  # The standard library's form with the id of the request.
  class TextFormat < Logger::Formatter
    FORM = "%s, [%s #%d] %5s %s -- %s: %s\n"

    def initialize(logs)
      super()
      @logs = logs
    end

    def call(severity, time, program, message)
      format(FORM, severity[0], format_datetime(time), Process.pid, severity, @logs.request_id, program, msg2str(message))
    end
  end

  # One JSON object per record: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
  class JsonFormat < Logger::Formatter
    def initialize(logs)
      super()
      @logs = logs
    end

    def call(severity, time, program, message)
      more = program.to_s.empty? ? {} : { logger: program.to_s }
      return self.class.entry(severity, time, msg2str(message), @logs.request_id, more) unless message.is_a?(Exception)

      error = { errorType: message.class.to_s, errorMessage: message.message, stackTrace: message.backtrace || [] }
      self.class.entry(severity, time, message.message, @logs.request_id, more.merge(error))
    end

    def self.entry(severity, time, message, request_id, more)
      timestamp = time.getutc.strftime("%Y-%m-%dT%H:%M:%S.%6NZ")
      entry = { timestamp: timestamp, level: severity, message: Faults.printable(message), requestId: request_id, **more }
      JSON.generate(entry.compact)
    end
  end
end
