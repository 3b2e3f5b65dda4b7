"""The same job through the OpenAI Batch API, or through files of its form: it fills the same cache by the same keys."""
