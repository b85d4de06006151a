namespace DmIo.Volumes.Tests.Check;

/// <summary>
/// Encodes a graph of objects to bytes, and decodes it into a fresh, equal graph. Equal graphs give equal bytes: the
/// same content, the same sharing of instances with an identity. One codec serves one thread; the codecs of several
/// threads share a <see cref="StateSchema"/>.
/// <para>Limits: an instance of a value is shared by many decoded graphs, and differs from static instances with the
/// same content; the order in which a hashed container enumerates its entries is not part of the state.</para>
/// </summary>
internal sealed class StateCodec
{
    private readonly StateSchema schema;
    private readonly StateWriter writer;
    private readonly StateReader reader;
    private SlotCodec? latest;

    public StateCodec(StateSchema schema)
    {
        var cache = new ValueCache();
        this.schema = schema;
        writer = new StateWriter(cache);
        reader = new StateReader(cache);
    }

    public StateCodec()
        : this(new StateSchema())
    {
    }

    /// <summary>The bytes of a graph, valid until the next call. T decides the form: decode with the same.</summary>
    /// <exception cref="NotSupportedException">The graph has a field that cannot be part of a state; the message has
    /// the path.</exception>
    public ReadOnlySpan<byte> Encode<T>(T root)
    {
        var slot = SlotOf<T>();
        writer.Begin();
        slot.Write(writer, ref root);
        return writer.Written;
    }

    /// <summary>A fresh graph.</summary>
    public T Decode<T>(ReadOnlySpan<byte> bytes)
    {
        var slot = SlotOf<T>();
        reader.Begin(bytes);
        T root = default!;
        slot.Read(reader, ref root);
        return reader.IsAtEnd
            ? root
            : throw new InvalidOperationException($"The bytes are not those of a {typeof(T)}.");
    }

    private SlotCodec<T> SlotOf<T>()
    {
        if (latest is not SlotCodec<T> slot)
        {
            latest = slot = schema.SlotOf<T>(typeof(T).Name);
        }

        return slot;
    }
}
