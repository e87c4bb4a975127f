"""Reading run folders: frames, figures, reports."""
