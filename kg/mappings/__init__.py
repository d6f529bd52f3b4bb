"""Tables walk in that say what the words of other datasets mean here; importers read by them, exports write by them."""
