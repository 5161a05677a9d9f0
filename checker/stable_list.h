// A list that only grows, and whose elements stay where they are.
//
// One thread may append while others read elements that they were told of after these were appended (through a mutex or
// the end of a thread); nothing but operator[] may be asked meanwhile. Pieces of doubled size: element 0 to 63 are in
// the first one, 64 to 191 in the second ...

#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <memory>
#include <utility>

namespace ordeal::checker {

template <typename Element>
class StableList {
 public:
  std::size_t size() const { return size_; }

  const Element& operator[](std::size_t i) const {
    const Place place = place_of(i);
    return pieces_[place.piece][place.at];
  }

  void push_back(Element element) {
    const Place place = place_of(size_);
    std::unique_ptr<Element[]>& piece = pieces_[place.piece];
    if (!piece) piece = std::make_unique<Element[]>(first_piece << place.piece);
    piece[place.at] = std::move(element);
    ++size_;
  }

 private:
  static constexpr std::size_t first_piece = 64;
  struct Place {
    std::size_t piece, at;
  };
  static Place place_of(std::size_t i) {
    const std::size_t number = i + first_piece;
    const auto piece = static_cast<std::size_t>(std::bit_width(number) - std::bit_width(first_piece));
    return {piece, number - (first_piece << piece)};
  }

  std::array<std::unique_ptr<Element[]>, 48> pieces_;
  std::size_t size_ = 0;
};

}  // namespace ordeal::checker
