package demo;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.SQSEvent;
import org.crac.Core;
import org.crac.Resource;

/** An event of AWS's own library in, an object out; with hooks for snapshots. */
public class Orders implements Resource {
  public static class Summary {
    public int count;
    public String first;
    public String hooks;
  }

  private String hooks = "not called";

  public Orders() {
    Core.getGlobalContext().register(this);
  }

  public Summary summarise(SQSEvent event, Context context) throws ReflectiveOperationException {
    checkpoint();
    Summary summary = new Summary();
    summary.count = event.getRecords().size();
    summary.first = event.getRecords().get(0).getBody();
    summary.hooks = hooks;
    return summary;
  }

  /** What AWS's client does before a snapshot: if org.crac has found it, the hook of this object is called. */
  private static void checkpoint() throws ReflectiveOperationException {
    String crac = "com.amazonaws.services.lambda.crac.";
    Object global = Class.forName(crac + "Core").getMethod("getGlobalContext").invoke(null);
    Class<?> contexts = Class.forName(crac + "Context");
    Class.forName(crac + "Resource").getMethod("beforeCheckpoint", contexts).invoke(global, global);
  }

  @Override
  public void beforeCheckpoint(org.crac.Context<? extends Resource> context) {
    hooks = "called";
  }

  @Override
  public void afterRestore(org.crac.Context<? extends Resource> context) {}
}
