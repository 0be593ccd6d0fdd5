package demo;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.logging.LogLevel;
import java.lang.management.ManagementFactory;
import java.nio.charset.Charset;
import java.util.Map;
import java.util.TreeMap;

/** What the event asks for. */
public class Answers implements RequestHandler<Map<String, Object>, Object> {
  static int initialised = 0;

  static {
    initialised++;
    System.out.println("initialising");
  }

  public Object handleRequest(Map<String, Object> event, Context context) {
    switch ((String) event.get("wish")) {
      case "fail":
        throw new IllegalArgumentException("refused");
      case "log":
        System.out.println("printed");
        context.getLogger().log("one\ntwo");
        context.getLogger().log("quiet", LogLevel.DEBUG);
        context.getLogger().log("loud", LogLevel.WARN);
        return null;
      case "java":
        Map<String, Object> java = new TreeMap<>();
        java.put("version", System.getProperty("java.version"));
        java.put("charset", Charset.defaultCharset().name());
        java.put("heapMb", Runtime.getRuntime().maxMemory() >> 20);
        // The classes of the runtime's client, from the archive or from its jar.
        java.put("sharing", ManagementFactory.getRuntimeMXBean().getInputArguments().toString().contains("-XX:SharedArchiveFile="));
        return java;
      default:
        Map<String, Object> answer = new TreeMap<>();
        answer.put("function", context.getFunctionName());
        answer.put("version", context.getFunctionVersion());
        answer.put("hasTime", context.getRemainingTimeInMillis() > 0);
        answer.put("heapMb", Runtime.getRuntime().maxMemory() >> 20);
        answer.put("environment", System.getenv("AWS_EXECUTION_ENV"));
        answer.put("greeting", System.getProperty("greeting"));
        answer.put("initialised", initialised);
        return answer;
    }
  }
}
