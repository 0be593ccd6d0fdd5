# frozen_string_literal: true

require "json"

module PilotlightRuntime
  # Speaks the frames of docs/frames.md. Every call blocks the thread that makes it.
  class Channel
    LINGER = 0x03
    READY = 0x81
    INIT_ERROR = 0x82
    RESPONSE = 0x83
    ERROR = 0x84
    LOG = 0x85
    COMPANY = 0x89
    LAST_ERROR = 0x8d

    LOG_EVENT_BYTES = 256 * 1024
    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB, and AWS's own allowance of 100 bytes.
    RESPONSE_BYTES = (6 * 1024 * 1024) + 100

    private_constant :LINGER, :READY, :INIT_ERROR, :RESPONSE, :ERROR, :LOG, :COMPANY, :LAST_ERROR, :LOG_EVENT_BYTES, :RESPONSE_BYTES

    def initialize(descriptor)
      @socket = IO.for_fd(descriptor, "r+b")
      @socket.sync = true
      # What the customer's code starts does not inherit it.
      @socket.close_on_exec = true
      # Threads of the customer's code may log at any time.
      @writing = Thread::Mutex.new
      @has_company = false
    end

    def ready
      write(READY, "")
    end

    # Waits for an invocation and returns its header, a hash, and its payload, text; ends the process when the socket is closed.
    def next_invocation
      tell_of_company unless @has_company
      body = receive
      # Waiting blocks no other thread: there is nothing to change.
      body = receive while body.getbyte(0) == LINGER
      header_bytes = body.unpack1("@1V")
      [JSON.parse(text(body.byteslice(5, header_bytes))), text(body.byteslice(5 + header_bytes..))]
    end

    def respond(payload)
      if payload.bytesize > RESPONSE_BYTES
        message = "Response payload size exceeded maximum allowed payload size (#{RESPONSE_BYTES} bytes)."
        respond_with_error({ errorMessage: message, errorType: "Function.ResponseSizeTooLarge" })
      else
        write(RESPONSE, payload)
      end
    end

    def respond_with_error(error)
      write(ERROR, JSON.generate(error))
    end

    # The process ends after it: no other invocation shall come to it.
    def respond_with_last_error(error)
      write(LAST_ERROR, JSON.generate(error))
    end

    def fail_initialisation(error)
      write(INIT_ERROR, JSON.generate(error))
    end

    # One log event, or several when it is larger than CloudWatch Logs takes. Levels go from 0, none, to 6, fatal.
    def log(level, time_s, message)
      bytes = message.encode("UTF-8", invalid: :replace, undef: :replace).scrub
      head = [level, time_s * 1000].pack("CE")
      loop do
        # Not in the middle of a character.
        piece = bytes.byteslice(0, LOG_EVENT_BYTES).scrub("")
        write(LOG, head + piece.b)
        break if piece.bytesize >= bytes.bytesize

        bytes = bytes.byteslice(piece.bytesize..)
      end
    end

    private

    # Threads and processes of the function go on while this thread waits.
    def tell_of_company
      @has_company = Thread.list.size > 1 || children?
      write(COMPANY, "") if @has_company
    end

    def children?
      !File.read("/proc/thread-self/children").empty?
    rescue SystemCallError
      false
    end

    def write(type, body)
      @writing.synchronize { @socket.write([body.bytesize + 1, type].pack("VC"), body) }
    end

    def receive
      read(read(4).unpack1("V"))
    end

    def read(size)
      bytes = @socket.read(size)
      exit!(0) if bytes.nil? || bytes.bytesize < size
      bytes
    end

    def text(bytes)
      bytes.force_encoding(Encoding::UTF_8)
    end
  end
end
