print("speed")
