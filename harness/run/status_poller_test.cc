// See below.
