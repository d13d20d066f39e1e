"""A server of the OpenAI chat protocol: where it is, what it costs, what it answers."""
