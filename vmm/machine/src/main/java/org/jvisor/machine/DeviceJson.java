package org.jvisor.machine;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Devices in the configuration file: each is a string in the form of the command line, or an object
 * with the same keys, whose values are strings, numbers, booleans or, where a key may be repeated,
 * arrays of strings.
 */
final class DeviceJson {
    /** Makes the exception for a fault at the parser's place. */
    interface Faults extends Function<String, MachineException> {}

    private final JsonParser json;
    private final Faults faults;

    DeviceJson(JsonParser json, Faults faults) {
        this.json = json;
        this.faults = faults;
    }

    /** Reads an array of devices, the parser being at its start. */
    <T> List<T> list(String key, DeviceSpec.Kind kind, Function<DeviceSpec, T> maker)
            throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw faults.apply("\"%s\" takes an array of strings or objects".formatted(key));
        }
        List<T> made = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            made.add(one(key, kind, maker));
        }
        return made;
    }

    /** Reads one device, the parser being at its start. */
    <T> T one(String key, DeviceSpec.Kind kind, Function<DeviceSpec, T> maker) throws IOException {
        try {
            return switch (json.currentToken()) {
                case VALUE_STRING -> maker.apply(DeviceSpec.parse(kind, json.getText()));
                case START_OBJECT -> maker.apply(object(kind));
                default -> throw bad("\"%s\" describes a device by a string or an object", key);
            };
        } catch (MachineException e) {
            throw faults.apply(String.valueOf(e.getMessage()));
        }
    }

    private static MachineException bad(String format, String key) {
        return new MachineException(MachineException.Kind.CONFIGURATION, format.formatted(key));
    }

    private DeviceSpec object(DeviceSpec.Kind kind) throws IOException {
        DeviceSpec spec = new DeviceSpec(kind);
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String key = json.currentName();
            if (json.nextToken() == JsonToken.START_ARRAY) {
                while (json.nextToken() != JsonToken.END_ARRAY) {
                    spec.add(key, scalar(key));
                }
            } else {
                spec.add(key, scalar(key));
            }
        }
        return spec;
    }

    private String scalar(String key) throws IOException {
        if (!json.currentToken().isScalarValue() || json.currentToken() == JsonToken.VALUE_NULL) {
            throw bad("\"%s\" takes a string, a number or a boolean", key);
        }
        return json.getText();
    }
}
