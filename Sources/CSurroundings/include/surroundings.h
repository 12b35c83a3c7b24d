// What must be in order before any library starts; nothing is called, to be linked is enough.
#pragma once
