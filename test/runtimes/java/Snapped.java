package demo;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;

/** Tells how its environment came about. */
public class Snapped implements Resource {
  private final List<String> events = new ArrayList<>(Collections.singletonList("init"));

  public Snapped() {
    Core.getGlobalContext().register(this);
  }

  @Override
  public void beforeCheckpoint(Context<? extends Resource> context) {
    if (System.getenv("FAILS_BEFORE") != null) throw new IllegalStateException("not now");
    events.add("before");
  }

  @Override
  public void afterRestore(Context<? extends Resource> context) {
    if (System.getenv("FAILS_AFTER") != null) throw new IllegalStateException("not again");
    events.add("after");
  }

  public Map<String, Object> handle(Map<String, Object> event) {
    Map<String, Object> answer = new HashMap<>();
    answer.put("events", events);
    answer.put("type", System.getenv("AWS_LAMBDA_INITIALIZATION_TYPE"));
    return answer;
  }
}
