"""Builds of BuildKit's API: a client with a session asks for a build, follows how it goes, and gets what comes out.

sessions.py    clients' sessions, by id
jobs.py        builds, by the id that clients choose: the way in (KitBuilds)
job.py         one build: what lives as long as it does
frontend.py    one run of the Dockerfile frontend: read, planned, solved
dockerfile.py  the Dockerfile and `.dockerignore`, from wherever they are
solving.py     the solver of a run, with what it works with
questions.py   what a Dockerfile is asked about itself
images.py      base images and named contexts that are images
context_bases.py   named contexts as what a stage stands on
sources.py     files of the client, repositories, downloads
history.py     the builds that have been, recorded.py one of them while it lasts
progress.py    what is told, for any number of readers
events.py      the solver's events as progress
report.py      exporters' progress
failure.py     an error with the lines of the Dockerfile that it is about
"""
