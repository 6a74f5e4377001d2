"""The kernel's process: an ordinary IPython kernel that ends with the run that started it."""

from __future__ import annotations

from reportkit.workers.lifeline import end_with_parent


def main() -> None:
    """Run a kernel until it is told to stop."""
    end_with_parent()
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


if __name__ == "__main__":
    main()
