# frozen_string_literal: true

# Finds and calls what Handler names: `file.method`, or `file.Module::Class.method`.
# https://docs.aws.amazon.com/lambda/latest/dg/ruby-handler.html
class LambdaHandler
  def initialize(handler)
    parts = handler.split(".")
    @file_name, @method_name = parts.values_at(0, -1)
    @class_name = parts[1] if parts.size == 3
    return if [2, 3].include?(parts.size)

    raise ArgumentError, "Invalid handler #{parts}, must be of form FILENAME.METHOD or FILENAME.CLASS.METHOD where FILENAME corresponds with an existing Ruby source file FILENAME.rb, CLASS is an optional module/class namespace and METHOD is a callable method. If using CLASS, METHOD must be a class-level method."
  end

  def load_file
    require @file_name
  end

  # Methods of no class are private methods of every object, this one included.
  def call_handler(event:, context:)
    receiver = @class_name ? Kernel.const_get(@class_name) : self
    receiver.__send__(@method_name, event: event, context: context)
  end
end
