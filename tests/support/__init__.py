"""What tests share: the engine under test, the docker client, the leak check, the acceptance rows."""
