# frozen_string_literal: true

module PilotlightRuntime
  # How an error looks in an answer: https://docs.aws.amazon.com/lambda/latest/dg/ruby-exceptions.html
  module Faults
    MAX_FRAMES = 100
    RUNTIME_FOLDER = "#{__dir__}/"

    module_function

    # Members in AWS's order; `phase` is Init or Function.
    def payload(error, phase)
      { errorMessage: printable(error.message), errorType: "#{phase}<#{error.class}>", stackTrace: frames_of_customer(error) }
    end

    # Errors after which AWS's runtime does not go on: names that are missing, and what is no StandardError.
    def critical?(error)
      error.is_a?(NameError) || !error.is_a?(StandardError)
    end

    def frames_of_customer(error)
      frames = (error.backtrace || []).first(MAX_FRAMES)
      frames.take_while { |frame| !frame.start_with?(RUNTIME_FOLDER) }.map { |frame| printable(frame) }
    end

    def printable(text)
      text.encode("UTF-8", invalid: :replace, undef: :replace).scrub
    end
  end
end
