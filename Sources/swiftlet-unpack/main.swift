import LayerUnpack

UnpackProgram.run()
