"""Learning: models, data, optimizers; pure numpy that knows no time."""
