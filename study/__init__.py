"""Studies of thousands of models: tasks, engines that run them, and what has become of each."""
