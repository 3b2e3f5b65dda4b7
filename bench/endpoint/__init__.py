"""An OpenAI-compatible endpoint that knows the right answers about invented reports, and goes wrong on order."""
