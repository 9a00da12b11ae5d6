"""A delegate of TFLite that takes no part of any graph, compiled for the test that asks for it."""

import subprocess
from pathlib import Path

_SOURCE = """
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct delegate {
  void* data;
  int (*prepare)(void* context, struct delegate* self);
  void* of_buffers[3];
  int64_t flags;
  void* opaque_builder;
};

static int take_nothing(void* context, struct delegate* self) { return 0; }

struct delegate* tflite_plugin_create_delegate(
    char** keys, char** values, size_t count, void (*report_error)(const char*)) {
  for (size_t i = 0; i < count; ++i) {
    if (strcmp(keys[i], "complaint") == 0) {
      report_error(values[i]);
      return NULL;
    }
  }
  struct delegate* made = calloc(1, sizeof(struct delegate));
  made->prepare = take_nothing;
  return made;
}

void tflite_plugin_destroy_delegate(struct delegate* self) { free(self); }
"""


def compile_idle_delegate(folder: Path) -> Path:
    """Return the shared library; it refuses an option `complaint` with that option's value."""
    library = folder / "idle_delegate.so"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-x", "c", "-o", library, "-"], input=_SOURCE, text=True, check=True, timeout=60
    )
    return library
