"""Training: virtual patients streamed, a loop in plain sight, runs that can be killed and resumed, weight files that
say what they are.
"""
