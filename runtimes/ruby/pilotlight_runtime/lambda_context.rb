# frozen_string_literal: true

require "json"

# What a handler is told about its invocation: https://docs.aws.amazon.com/lambda/latest/dg/ruby-context.html
class LambdaContext
  attr_reader :aws_request_id, :invoked_function_arn, :log_group_name, :log_stream_name, :function_name, :memory_limit_in_mb,
              :function_version, :identity, :client_context, :deadline_ms, :tenant_id

  def initialize(header)
    # Time that goes on whatever happens to the clock of the machine.
    @clock_diff = clock(Process::CLOCK_REALTIME) - clock(Process::CLOCK_MONOTONIC)
    @deadline_ms = header["deadlineMs"]
    @aws_request_id = header["requestId"]
    @invoked_function_arn = header["invokedFunctionArn"]
    @tenant_id = header["tenantId"]
    @log_group_name = ENV["AWS_LAMBDA_LOG_GROUP_NAME"]
    @log_stream_name = ENV["AWS_LAMBDA_LOG_STREAM_NAME"]
    @function_name = ENV["AWS_LAMBDA_FUNCTION_NAME"]
    @memory_limit_in_mb = ENV["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
    @function_version = ENV["AWS_LAMBDA_FUNCTION_VERSION"]
    @identity = JSON.parse(header["cognitoIdentity"]) if header["cognitoIdentity"]
    @client_context = JSON.parse(header["clientContext"]) if header["clientContext"]
  end

  def get_remaining_time_in_millis
    [@deadline_ms - clock(Process::CLOCK_MONOTONIC) - @clock_diff, 0].max
  end

  private

  def clock(id)
    Process.clock_gettime(id, :millisecond)
  end
end
