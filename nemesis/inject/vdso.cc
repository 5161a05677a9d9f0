#include "nemesis/inject/vdso.h"

#include <elf.h>

#include <cstring>
#include <optional>
#include <stdexcept>

namespace ordeal::nemesis {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw std::runtime_error(
      "the vDSO of the program " + what +
      "; clock faults need a 64-bit program on a kernel with a vDSO (no vdso=0 on its command line)");
}

class Image {
 public:
  explicit Image(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <typename T>
  T read(std::uint64_t at) const {
    T value;
    if (at > bytes_.size() || bytes_.size() - at < sizeof value) refuse("ends early");
    std::memcpy(&value, bytes_.data() + at, sizeof value);
    return value;
  }
  std::string text(std::uint64_t at) const {
    std::string found;
    for (char c = read<char>(at); c != '\0'; c = read<char>(++at)) found += c;
    return found;
  }

 private:
  std::span<const std::byte> bytes_;
};

// Addresses in a vDSO are offsets into its image: it is linked to lie at 0.
struct Tables {
  std::uint64_t symbols = 0, names = 0;
};

Tables tables_at(const Image& image, const Elf64_Phdr& dynamic) {
  Tables tables;
  for (std::uint64_t at = dynamic.p_vaddr;; at += sizeof(Elf64_Dyn)) {
    const auto entry = image.read<Elf64_Dyn>(at);
    if (entry.d_tag == DT_NULL) return tables;
    if (entry.d_tag == DT_SYMTAB) tables.symbols = entry.d_un.d_ptr;
    if (entry.d_tag == DT_STRTAB) tables.names = entry.d_un.d_ptr;
  }
}

std::optional<Tables> find_tables(const Image& image) {
  const auto header = image.read<Elf64_Ehdr>(0);
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    const auto segment = image.read<Elf64_Phdr>(header.e_phoff + i * sizeof(Elf64_Phdr));
    if (segment.p_type == PT_DYNAMIC) return tables_at(image, segment);
  }
  return std::nullopt;
}

}  // namespace

std::vector<VdsoSymbol> vdso_symbols(std::span<const std::byte> bytes) {
  const Image image(bytes);
  const auto header = image.read<Elf64_Ehdr>(0);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) refuse("is no ELF image");
  if (header.e_ident[EI_CLASS] != ELFCLASS64) refuse("is none of 64 bits");
  const std::optional<Tables> tables = find_tables(image);
  // The names lie right behind the symbols, as the kernel's linker script puts them; nothing else says how many they
  // are.
  if (!tables || tables->symbols == 0 || tables->names <= tables->symbols)
    refuse("lists its symbols in an unknown way");
  std::vector<VdsoSymbol> found;
  for (std::uint64_t at = tables->symbols; at + sizeof(Elf64_Sym) <= tables->names; at += sizeof(Elf64_Sym)) {
    const auto symbol = image.read<Elf64_Sym>(at);
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF) continue;
    found.push_back({.name = image.text(tables->names + symbol.st_name),
                     .value_at = at + offsetof(Elf64_Sym, st_value),
                     .value = symbol.st_value});
  }
  return found;
}

}  // namespace ordeal::nemesis
