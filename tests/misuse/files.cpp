// Files: what is not there, cannot be written, or cannot hold what is to be written. What may be
// wrong inside of a file is in tests/tensor/files/.
#include "tensor/files/npy.h"
#include "tensor/files/safetensors.h"
#include "tests/misuse/operands.h"

namespace gradian::misuse {
namespace {

using Path = std::filesystem::path;

// Of each function that reads: what it says of files that are none.
Rows unreadable() {
  struct Reader {
    std::string name;
    void (*read)(const Path&);
  };
  Rows rows;
  for (const auto& [name, read] :
       {Reader{"read_safetensors", [](const Path& file) { read_safetensors(file); }},
        Reader{"read_safetensors_metadata",
               [](const Path& file) { read_safetensors_metadata(file); }},
        Reader{"read_npy", [](const Path& file) { read_npy(file); }}}) {
    const auto call = read;
    const std::string begin = name + ": ";
    append(rows, {
                     {[=] { call("/nowhere/a"); },
                      begin + "/nowhere/a: cannot be read: No such file or directory"},
                     {[=] { call(""); }, begin + ": cannot be read: No such file or directory"},
                     {[=] { call("/"); }, begin + "/: cannot be read: it is no regular file"},
                     {[=] { call("/dev/zero"); },
                      begin + "/dev/zero: cannot be read: it is no regular file"},
                 });
  }
  return rows;
}

}  // namespace

Rows file_rows() {
  Rows rows = unreadable();
  append(rows,
         {
             {[] { write_npy("/dev/null", Tensor()); }, "write_npy: the tensor is undefined"},
             {[] { write_npy("/dev/full", floats(1)); },
              "write_npy: /dev/full: cannot be written: No space left on device"},
             {[] { write_npy("/", floats(1)); }, "write_npy: /: cannot be written: it is a folder"},
             {[] { write_npy("/dev/null", endless()); },
              "write_npy: no memory for 4398.05 GB, float32 [1099511627776]"},
             {[] {
                write_safetensors("/dev/null", {{"a", Tensor()}});
              },
              "write_safetensors: the tensor \"a\" is undefined"},
             {[] {
                write_safetensors("/dev/null", {{"__metadata__", floats(1)}});
              },
              "write_safetensors: no tensor can have the name __metadata__"},
             {[] {
                write_safetensors("/dev/null", {{"a\xff", floats(1)}});
              },
              "write_safetensors: the name \"a\ufffd\" is not UTF-8"},
             {[] {
                write_safetensors("/dev/null", {}, {{"data", "a\xff"}});
              },
              "write_safetensors: the text \"a\ufffd\" of \"data\" is not UTF-8"},
             {[] { write_safetensors("/dev/full", {}); },
              "write_safetensors: /dev/full: cannot be written: No space left on device"},
             {[] { write_safetensors("/dev/null/a", {}); },
              "write_safetensors: /dev/null: cannot be made a folder: Not a directory"},
             {[] {
                write_safetensors("/dev/null", {}, {{"a", std::string(100'000'001, 'x')}});
              },
              "write_safetensors: /dev/null: its header has 100000032 bytes, expected at most "
              "100000000"},
             {[] {
                write_safetensors("/dev/null", {{"a", endless()}});
              },
              "write_safetensors: no memory for 4398.05 GB, float32 [1099511627776]"},
         });
  return rows;
}

}  // namespace gradian::misuse
