# frozen_string_literal: true

require "json"
require "logger"
require_relative "faults"
require_relative "log_formats"

module PilotlightRuntime
  # Where `puts`, Logger and the runtime itself write: https://docs.aws.amazon.com/lambda/latest/dg/ruby-logging.html. What one call writes is
  # one log event, line feeds and all; what is written to $stdout otherwise is one per line.
  class Logs
    NO_LEVEL = 0
    ERROR_LEVEL = 5

    # Of the running invocation; nil before the first.
    attr_accessor :request_id

    def initialize(channel)
      @channel = channel
      @is_json = ENV["AWS_LAMBDA_LOG_FORMAT"].to_s.casecmp?("JSON")
    end

    def install
      logs = self
      Kernel.module_eval do
        private define_method(:puts) { |*values| logs.write(values.flatten.map(&:to_s).join("\n")) }
      end
      Logger.prepend(logger_patch)
    end

    def write(text, level = NO_LEVEL)
      @channel.log(level, Time.now.to_f, text)
    end

    # Reports the payload of an answer.
    def error(title, payload)
      if @is_json
        write(JsonFormat.entry("ERROR", Time.now, title, request_id, payload), ERROR_LEVEL)
      else
        write(title, ERROR_LEVEL)
        write(JSON.pretty_generate(payload), ERROR_LEVEL)
      end
    end

    private

    # Loggers that would write to the standard output write here.
    def logger_patch
      device = Device.new(self)
      formatter = (@is_json ? JsonFormat : TextFormat).new(self)
      default_level = ENV["AWS_LAMBDA_LOG_LEVEL"].to_s.upcase.sub(/\A(TRACE)?\z/, "DEBUG")
      Module.new do
        define_method(:initialize) do |target = nil, *args, level: default_level, **options|
          super(target, *args, level: level, **options)
          next unless target.nil? || target.equal?($stdout) || target.equal?($stderr)

          @logdev = device
          @default_formatter = formatter.dup.tap { |own| own.datetime_format = options[:datetime_format] }
        end
      end
    end

    # What a Logger writes to.
    class Device
      def initialize(logs)
        @logs = logs
      end

      def write(text)
        @logs.write(text.chomp)
      end

      def close; end

      def reopen(*) = self
    end
    private_constant :Device
  end
end
