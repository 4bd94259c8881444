"""Analytics from Private EXecution: the application on top of the engine, for owners of tables."""
