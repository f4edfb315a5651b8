"""The course as a site: read in any browser, from a folder or a server, without a kernel.

``make site`` runs ``python -m helpers.site``, which writes what Sphinx reads (``sources``) and
calls Sphinx (``conf``). Nothing of a lesson is executed: pages show the stored notebooks.

sources, notebooks      the pages, put together from notebooks, README, docstrings and exercises
reference               the helpers' docstrings as pages, read without importing anything
markup                  what Sphinx's HTML still lacks: explained terms, tables that scroll
demonstrations          what the pages that one plays with need to know
networks                the two networks in there, made once by a command of its own
"""
