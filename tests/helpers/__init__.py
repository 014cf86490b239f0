"""What several tests share: real slices, small networks, chapters as text, a second reading of the widgets' numbers."""
