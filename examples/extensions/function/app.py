def handler(event, _):
    return f"Hello, {event.get('name', 'world')}."
