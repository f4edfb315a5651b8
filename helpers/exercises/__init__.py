"""What learners are asked: exercises, one file a lesson, predictions and questions.

``helpers.lesson`` has what works with them: ``exercise``, ``predict`` and ``question``.
"""
