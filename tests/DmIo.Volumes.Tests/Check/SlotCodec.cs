namespace DmIo.Volumes.Tests.Check;

internal delegate void FieldsWriter(StateWriter writer, object instance);

internal delegate void FieldsReader(StateReader reader, object instance);

internal delegate void SlotWriter<T>(StateWriter writer, ref T slot);

internal delegate void SlotReader<T>(StateReader reader, ref T slot);

/// <summary>Something that the schema builds once all codecs that it refers to exist.</summary>
internal abstract class SlotCodec
{
    public abstract void Build(StateSchema schema, string path);
}

/// <summary>Writes and reads a location of one declared type: an element, a key, the root of a graph.</summary>
internal sealed class SlotCodec<T> : SlotCodec
{
    /// <summary>Appends the value of a location.</summary>
    public SlotWriter<T> Write { get; private set; } = null!;

    /// <summary>Reads into a location, which must hold the default value.</summary>
    public SlotReader<T> Read { get; private set; } = null!;

    public override void Build(StateSchema schema, string path) =>
        (Write, Read) = CodecEmitter.EmitSlot<T>(schema, path);
}
