package demo;

/** Fails while it is loaded. */
public class Broken {
  static final int NUMBER = Integer.parseInt("no number");

  public String handle(String event) {
    return event;
  }
}
