# frozen_string_literal: true

# Starts the Ruby runtime (see pilotlight_runtime): the program that the sandbox runs.

require_relative "pilotlight_runtime/server"

PilotlightRuntime.serve
