// The values of the arguments in "() => new Worker(queue, 3)". Constants and captured variables, which is nearly
// all there ever is, are read directly; anything else is interpreted.
using System.Linq.Expressions;
using System.Reflection;

namespace Akka.Actor;

internal static class ArgumentEvaluation
{
    internal static object?[] Evaluate(IReadOnlyList<Expression> expressions)
    {
        var values = new object?[expressions.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Evaluate(expressions[i]);
        }

        return values;
    }

    private static object? Evaluate(Expression expression) => expression switch
    {
        ConstantExpression constant => constant.Value,
        MemberExpression { Member: FieldInfo field } member =>
            field.GetValue(member.Expression is null ? null : Evaluate(member.Expression)),
        _ => Expression.Lambda<Func<object?>>(Expression.Convert(expression, typeof(object)))
            .Compile(preferInterpretation: true)(),
    };
}
