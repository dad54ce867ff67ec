{
  "variables": { "bench%": 0 },
  "includes": ["bench/bench.gypi"],
  "targets": [
    {
      "target_name": "asyncore",
      "sources": [
        "native/address.cc",
        "native/address_call.cc",
        "native/addon.cc",
        "native/call.cc",
        "native/clock.cc",
        "native/constants.cc",
        "native/descriptor.cc",
        "native/descriptor_calls.cc",
        "native/environment.cc",
        "native/open.cc",
        "native/parking.cc",
        "native/poll.cc",
        "native/poll_set.cc",
        "native/poll_set_calls.cc",
        "native/scan_calls.cc",
        "native/select.cc",
        "native/socket_calls.cc",
        "native/transfer_calls.cc",
        "native/turn.cc",
        "native/uv_turn.cc",
        "native/waiter.cc"
      ],
      "dependencies": [
        "<!(node -p \"require('node-addon-api').targets\"):node_addon_api_except"
      ],
      "defines": [
        "NAPI_VERSION=8",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"
      ],
      "cflags": ["-Wall", "-Wextra", "-fvisibility=hidden", "-fstack-protector-strong"],
      "cflags_cc": ["-std=c++17"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fno-rtti"],
      "ldflags": ["-Wl,-z,relro,-z,now"],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "MACOSX_DEPLOYMENT_TARGET": "11.0"
      }
    }
  ]
}
