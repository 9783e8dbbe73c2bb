"""Questions and answers: text or picture in, ranked photos out."""
