"""The measurements behind the chapters: functions that return small dicts of numbers, so that tests can break them."""
