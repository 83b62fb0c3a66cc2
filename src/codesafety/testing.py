"""For suppliers and their continuous integration: run the examples that rules carry, with both evaluators."""

from codesafety.authoring.testing import ExampleResult, bind_for_examples, run_examples

__all__ = ["ExampleResult", "bind_for_examples", "run_examples"]
