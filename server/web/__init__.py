"""The only room with Flask. Views read a request, call one function of server/, and render its result.

`credentials` says who asks, `answers` how results and refusals look, `wire` is what views use of both.
"""
