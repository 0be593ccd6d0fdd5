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

  public Orders() {
    Core.getGlobalContext().register(this);
  }

  public Summary summarise(SQSEvent event, Context context) {
    Summary summary = new Summary();
    summary.count = event.getRecords().size();
    summary.first = event.getRecords().get(0).getBody();
    summary.hooks = Core.getGlobalContext().getClass().getName();
    return summary;
  }

  @Override
  public void beforeCheckpoint(org.crac.Context<? extends Resource> context) {}

  @Override
  public void afterRestore(org.crac.Context<? extends Resource> context) {}
}
