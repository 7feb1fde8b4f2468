using Iba.Tests;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Iba.Torch.Tests;

/// <summary>Small classifiers for 3 x 16 x 16 images with 5 classes, each awkward in its own way.</summary>
public static class TestModules
{
    public const int Classes = 5;

    public static IReadOnlyList<long> InputShape { get; } = [3, 16, 16];

    public static Module<Tensor, Tensor> Create(string kind) => kind switch
    {
        "sequential" => Plain(),
        "softmax" => Plain(("softmax", Softmax(1))),
        "residual" => new Residual(addInPlace: false),
        "inPlaceAdd" => new Residual(addInPlace: true),
        "concatenation" => new Concatenation(),
        "inputBatch" => new InputBatch(),
        "sharedRelu" => new SharedRelu(),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such module."),
    };

    public static Tensor Images(long rows, ulong seed = 1)
    {
        using var generator = new Generator(seed);
        return randn([rows, 3, 16, 16], generator: generator);
    }

    private static TorchSharp.Modules.Sequential Plain(params (string, Module<Tensor, Tensor>)[] last)
        => Sequential(
            [
                ("features", Sequential(
                    ("conv1", Conv2d(3, 8, 3, padding: 1)),
                    ("norm1", BatchNorm2d(8)),
                    ("relu1", ReLU(inplace: true)),
                    ("pool1", MaxPool2d(2)),
                    ("conv2", Conv2d(8, 8, 3, padding: 1)),
                    ("relu2", ReLU(inplace: true)))),
                ("flatten", Flatten()),
                ("dropout", Dropout(0.5)),
                ("fc", Linear(8 * 8 * 8, Classes)),
                .. last,
            ]).Seeded();

    /// <summary>A skip connection around conv2.</summary>
    private sealed class Residual : Module<Tensor, Tensor>
    {
        private readonly Module<Tensor, Tensor> conv1 = Conv2d(3, 8, 3, padding: 1), conv2 = Conv2d(8, 8, 3, padding: 1), fc = Linear(8, Classes);
        private readonly bool _addInPlace;

        public Residual(bool addInPlace) : base(nameof(Residual))
        {
            _addInPlace = addInPlace;
            RegisterComponents();
            this.Seeded();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var x = functional.relu(conv1.call(input));
            var branch = conv2.call(x);
            x = _addInPlace ? x.add_(branch) : x + branch;
            return fc.call(functional.relu(x).mean([2, 3])).MoveToOuterDisposeScope();
        }
    }

    /// <summary>Concatenates what lies before and after conv2.</summary>
    private sealed class Concatenation : Module<Tensor, Tensor>
    {
        private readonly Module<Tensor, Tensor> conv1 = Conv2d(3, 8, 3, padding: 1), conv2 = Conv2d(8, 8, 3, padding: 1), fc = Linear(16, Classes);

        public Concatenation() : base(nameof(Concatenation))
        {
            RegisterComponents();
            this.Seeded();
        }

        public override Tensor forward(Tensor input)
        {
            var x = conv1.call(input);
            return fc.call(cat([x, conv2.call(x)], 1).mean([2, 3]));
        }
    }

    /// <summary>Uses the batch size of the input after conv2; with other sizes the values of several rows would be averaged.</summary>
    private sealed class InputBatch : Module<Tensor, Tensor>
    {
        private readonly Module<Tensor, Tensor> conv1 = Conv2d(3, 8, 3, padding: 1), conv2 = Conv2d(8, 8, 3, padding: 1), fc = Linear(8, Classes);

        public InputBatch() : base(nameof(InputBatch))
        {
            RegisterComponents();
            this.Seeded();
        }

        public override Tensor forward(Tensor input)
        {
            long rows = input.shape[0];
            var x = functional.relu(conv2.call(conv1.call(input)));
            return fc.call(x.reshape(rows, -1, 8, 16, 16).mean([1, 3, 4]));
        }
    }

    /// <summary>One ReLU that is called twice.</summary>
    private sealed class SharedRelu : Module<Tensor, Tensor>
    {
        private readonly Module<Tensor, Tensor> conv1 = Conv2d(3, 8, 3, padding: 1), conv2 = Conv2d(8, 8, 3, padding: 1), relu = ReLU(), fc = Linear(8, Classes);

        public SharedRelu() : base(nameof(SharedRelu))
        {
            RegisterComponents();
            this.Seeded();
        }

        public override Tensor forward(Tensor input)
            => fc.call(relu.call(conv2.call(relu.call(conv1.call(input)))).mean([2, 3]));
    }
}
