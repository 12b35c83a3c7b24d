print("lc")
