"""What is computed: nodes, types, programs, their schedule and cost."""
